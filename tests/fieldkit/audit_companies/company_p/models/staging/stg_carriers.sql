with source as (
    select * exclude (legacy_code, _file_name)
    from {{ source('ref_data', 'carriers') }}
),

renamed as (
    select
        *,
        upper(country_code) as country_iso,
        contract_end is null as is_open_ended
    from source
)

select * from renamed
