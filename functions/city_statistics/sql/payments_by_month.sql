-- Won of the month.
WITH sold AS (SELECT merchant, sum(won) AS won FROM shops GROUP BY merchant)
SELECT CAST(sum(won) AS BIGINT) AS won, (SELECT count(DISTINCT wallet) FROM payments) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold
HAVING count(*) > 0;
