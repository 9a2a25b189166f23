select
    t.ward_label,
    sum(w.beds) as beds,
    sum(w.isolation_beds) as isolation_beds
from wards w
join ward_translations t
    on t.ward_id = w.ward_id
   and t.lang = 'en'
group by t.ward_label
