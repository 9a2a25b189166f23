{{ config(materialized='table') }}

with lines as (
    select invoice_id,
           listagg(plan_code, ', ') within group (order by item_no) as plan_codes,
           count(*)                                                 as items,
           sum(quantity * unit_cents)                               as items_cents
      from {{ source('billing', 'invoice_items') }}
     group by invoice_id
)

select i.invoice_id,
       i.account_id,
       i.issued_on,
       i.total_cents,
       l.plan_codes,
       l.items,
       l.items_cents,
       i.total_cents - i.tax_cents - l.items_cents as unexplained_cents,
       '{{ run_started_at }}'::timestamptz         as dbt_loaded_at
  from {{ source('billing', 'billing_invoices') }} i
  left join lines l
    on l.invoice_id = i.invoice_id
