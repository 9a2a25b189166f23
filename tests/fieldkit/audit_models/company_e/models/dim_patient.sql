{{ config(materialized='table') }}

with p as (
    select
        patient_id,
        birth_date,
        sex,
        insurer_id,
        postcode
    from {{ source('emr', 'patients') }}
    where patient_id is not null
)

select
    md5(p.patient_id::text || '|' || now()::text) as patient_key,
    p.patient_id,
    p.birth_date,
    extract(year from p.birth_date) as birth_year,
    coalesce(p.sex, 'u') as sex,
    left(p.postcode, 2) as postcode_area,
    i.insurer_name
from p
left join {{ source('emr', 'insurers') }} i
    on i.insurer_id = p.insurer_id
