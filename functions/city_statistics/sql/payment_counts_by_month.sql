-- Number of payments of the month: captures of which something is left.
WITH sold AS (SELECT merchant, sum(payments) AS payments FROM shops GROUP BY merchant)
SELECT CAST(sum(payments) AS BIGINT) AS payments, (SELECT count(DISTINCT wallet) FROM payments) AS members, count(*) AS shops,
       CAST(max(payments) AS BIGINT) AS largest, CAST(coalesce(max(payments, 2)[2], 0) AS BIGINT) AS second
FROM sold
HAVING count(*) > 0;
