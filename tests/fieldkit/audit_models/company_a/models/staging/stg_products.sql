with source as (

    select * from {{ source('shop', 'products') }}

),

cleaned as (

    select
        product_id,
        trim(product_name) as product_name,
        coalesce(category, 'unknown') as category,
        price_cents,
        supplier_id
    from source
    where product_id is not null

),

final as (

    select
        product_id,
        product_name,
        category,
        price_cents / 100 as price_eur,
        supplier_id
    from cleaned

)

select * from final
