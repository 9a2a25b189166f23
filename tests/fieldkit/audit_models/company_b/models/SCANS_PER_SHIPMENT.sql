SELECT
    SH.SHIPMENT_ID
  , SH.SHIP_DATE
  , SH.DEST_HUB
  , COUNT(SC.SCAN_ID)                                        AS SCANS
  , COUNT_IF(SC.EVENT_CODE = 'DMG')                          AS DAMAGE_SCANS
  , MAX(SC.SCANNED_AT)                                       AS LAST_SCANNED_AT
FROM {{ source('tms', 'shipments') }} SH
     INNER JOIN {{ source('tms', 'scans') }} SC
        ON SC.SHIPMENT_ID = SH.SHIPMENT_ID
WHERE SH.SHIP_DATE >= DATE '2024-10-01'
  AND SH.SHIP_DATE <= DATE '2024-10-31'
  AND SH.STATUS IN (
        'DELIVERED'
      , 'RETURNED'
      , 'LOST'
  )
GROUP BY
    SH.SHIPMENT_ID
  , SH.SHIP_DATE
  , SH.DEST_HUB
