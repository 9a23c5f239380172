-- Won by the age of the member at the payment.
WITH sold AS (
    SELECT coalesce(age, 'total') AS age, merchant, sum(won) AS won FROM payments
    GROUP BY GROUPING SETS ((age, merchant), (merchant))
),
members AS (SELECT coalesce(age, 'total') AS age, count(DISTINCT wallet) AS members FROM payments GROUP BY CUBE (age))
SELECT age, CAST(sum(won) AS BIGINT) AS won, any_value(members) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold JOIN members USING (age)
GROUP BY age
ORDER BY age;
