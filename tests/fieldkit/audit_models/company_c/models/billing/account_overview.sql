{{ config(materialized='table', dist='account_id') }}

with src as (
    select *
      from {{ source('billing', 'accounts') }}
     where created_on is not null
),
subs as (
    select account_id,
           count(*)       as active_subscriptions,
           sum(seats)     as seats,
           sum(mrr_cents) as mrr_cents
      from {{ source('billing', 'subscriptions') }}
     where ended_on is null
     group by account_id
),
enriched as (
    select src.*,
           coalesce(subs.active_subscriptions, 0) as active_subscriptions,
           coalesce(subs.seats, 0)                as seats,
           coalesce(subs.mrr_cents, 0)            as mrr_cents
      from src
      left join subs
        on subs.account_id = src.account_id
)

select *
  from enriched
