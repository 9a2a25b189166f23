import fs from "node:fs";
const [url, folder] = process.argv.slice(2);
const answer = await fetch(url + "/orders", {signal: AbortSignal.timeout(3000)});
if (!answer.ok) { console.error("status", answer.status); process.exit(1); }
const {orders} = await answer.json();
fs.writeFileSync(folder + "/.orders.part", JSON.stringify(orders.map(o => ({id: o.id, amount: o.amount, day: o.day}))));
fs.renameSync(folder + "/.orders.part", folder + "/orders.json");
