{{ config(materialized='table') }}

select ac.account_id,
       lower(ac.contact_email) as email
  from {{ source('billing', 'account_contacts') }} ac
 where ac.is_active

union

select t.account_id,
       lower(t.requester_email) as email
  from {{ source('billing', 'support_tickets') }} t
 where t.requester_email is not null

union

select s.account_id,
       lower(s.billing_email) as email
  from {{ source('billing', 'subscriptions') }} s
 where s.billing_email is not null
   and s.ended_on is null
