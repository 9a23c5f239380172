-- Payments of one month, less their cancellations: one row for each capture of which something is left.
-- A cancellation takes from the end of the price. The rest keeps floor(discount * rest / price) of a discount, and the purses that were
-- debited first. `codes` has the district of the month and the area for each stored code.
CREATE OR REPLACE TEMP VIEW payments AS
WITH cancelled AS (
    SELECT wallet, payment, capture, CAST(sum(price) AS BIGINT) AS price
    FROM cancellations
    GROUP BY wallet, payment, capture
),
reduced AS (
    SELECT captures.*, captures.price - cancelled.price AS won,
           captures.discount * (captures.price - cancelled.price) // captures.price AS kept_discount
    FROM captures JOIN cancelled USING (wallet, payment, capture)
    WHERE cancelled.price < captures.price
),
drawn AS (
    SELECT wallet, payment, capture, won - kept_discount AS paid,
           unnest(from_json(paid_from, '[["VARCHAR"]]')) AS portion,
           unnest(range(CAST(json_array_length(paid_from) AS BIGINT))) AS place
    FROM reduced
),
placed AS (
    SELECT wallet, payment, capture, paid, portion[1] AS purse, CAST(portion[2] AS BIGINT) AS amount,
           sum(CAST(portion[2] AS BIGINT)) OVER (PARTITION BY wallet, payment, capture ORDER BY place) AS until
    FROM drawn
),
kept AS (
    SELECT wallet, payment, capture, purse, greatest(0, least(amount, paid - (until - amount))) AS amount FROM placed
),
by_purse AS (
    SELECT wallet, payment, capture,
           coalesce(sum(amount) FILTER (purse = 'charged'), 0) AS from_charged,
           coalesce(sum(amount) FILTER (purse = 'cashback'), 0) AS from_cashback,
           coalesce(sum(amount) FILTER (purse = 'allowances'), 0) AS from_allowances,
           coalesce(sum(amount) FILTER (purse = 'rewards'), 0) AS from_rewards
    FROM kept
    GROUP BY wallet, payment, capture
),
every AS (
    SELECT wallet, merchant, district, category, age, instant, price AS won, discount,
           from_charged, from_cashback, from_allowances, from_rewards
    FROM captures ANTI JOIN cancelled USING (wallet, payment, capture)
    UNION ALL
    SELECT wallet, merchant, district, category, age, instant, won, kept_discount,
           by_purse.from_charged, by_purse.from_cashback, by_purse.from_allowances, by_purse.from_rewards
    FROM reduced JOIN by_purse USING (wallet, payment, capture)
)
SELECT every.wallet, every.merchant, codes.district, codes.area, coalesce(every.category, 'unknown') AS category,
       CASE WHEN age IS NULL THEN 'unknown' WHEN age < 20 THEN 'under_20' WHEN age >= 70 THEN '70_and_over'
            ELSE CAST(age // 10 * 10 AS VARCHAR) || 's' END AS age,
       -- Seoul is nine hours ahead of UTC.
       lpad(CAST((instant // 3600000 + 9) % 24 AS VARCHAR), 2, '0') AS hour,
       won, discount, from_charged, from_cashback, from_allowances, from_rewards
FROM every JOIN codes ON codes.stored IS NOT DISTINCT FROM every.district
WHERE instant < getvariable('until');
