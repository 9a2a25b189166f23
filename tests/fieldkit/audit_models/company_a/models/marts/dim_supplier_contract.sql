{{ config(materialized='table') }}

with contracts as (

    select
        supplier_id,
        contract_no,
        starts_on,
        ends_on,
        discount_pct
    from {{ source('shop', 'supplier_contracts') }}

)

select
    generate_uuid() as contract_key,
    supplier_id,
    contract_no,
    starts_on,
    ends_on,
    coalesce(discount_pct, 0) as discount_pct,
    case
        when discount_pct >= 20 then 'strategic'
        when discount_pct > 0 then 'regular'
        else 'list price'
    end as contract_class
from contracts
