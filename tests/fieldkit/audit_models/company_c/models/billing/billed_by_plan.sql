{{ config(materialized='table') }}

with inv as (
    select invoice_id, account_id, issued_on, total_cents, items_cents
      from {{ ref('invoice_contents') }}
     where issued_on >= '2024-01-01'
       and issued_on <  '2025-01-01'
),
acc as (
    select account_id,
           region,
           case when region in ('eu', 'uk') then 'vat'
                when region = 'us'          then 'sales tax'
                else 'none'
           end as tax_regime
      from {{ source('billing', 'accounts') }}
),
it as (
    select invoice_id,
           item_no,
           plan_code
      from {{ source('billing', 'invoice_items') }}
     where quantity > 0
),
pl as (
    select plan_code, plan_name
      from {{ source('billing', 'plans') }}
),
joined as (
    select inv.invoice_id,
           inv.total_cents,
           inv.items_cents,
           acc.region,
           acc.tax_regime,
           pl.plan_code,
           pl.plan_name
      from inv
      join acc
        on acc.account_id = inv.account_id
      join it
        on it.invoice_id = inv.invoice_id
      join pl
        on pl.plan_code = it.plan_code
)

select region,
       tax_regime,
       plan_code,
       plan_name,
       count(distinct invoice_id) as invoices,
       sum(total_cents)           as total_cents,
       sum(items_cents)           as items_cents
  from joined
 group by region,
          tax_regime,
          plan_code,
          plan_name
