-- Won by the purse that paid, and the discount, which no purse paid.
WITH sold AS (
    SELECT purse, merchant, sum(won) AS won
    FROM (UNPIVOT (SELECT merchant, charged, cashback, allowances, rewards, discount FROM shops)
          ON charged, cashback, allowances, rewards, discount INTO NAME purse VALUE won)
    WHERE won > 0
    GROUP BY GROUPING SETS ((purse, merchant), (merchant))
),
paid AS (
    SELECT count(DISTINCT wallet) FILTER (from_charged > 0) AS charged, count(DISTINCT wallet) FILTER (from_cashback > 0) AS cashback,
           count(DISTINCT wallet) FILTER (from_allowances > 0) AS allowances,
           count(DISTINCT wallet) FILTER (from_rewards > 0) AS rewards, count(DISTINCT wallet) FILTER (discount > 0) AS discount,
           count(DISTINCT wallet) AS total
    FROM payments
),
members AS (UNPIVOT paid ON charged, cashback, allowances, rewards, discount, total INTO NAME purse VALUE members)
SELECT coalesce(sold.purse, 'total') AS purse, CAST(sum(won) AS BIGINT) AS won, any_value(members) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold JOIN members ON members.purse = coalesce(sold.purse, 'total')
GROUP BY ALL
ORDER BY purse;
