with policies as (
    select * from {{ source('core', 'policies') }}
),

coverage_count as (
    select policy_id, count(*) as coverages
    from {{ source('core', 'policy_coverages') }}
    group by policy_id
),

final as (
    select
        policies.*,
        coalesce(coverage_count.coverages, 0) as coverages
    from policies
    left join coverage_count on coverage_count.policy_id = policies.policy_id
)

select * from final
