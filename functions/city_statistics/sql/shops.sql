-- What each shop sold in the month. A shop that moved has a row for each place.
CREATE OR REPLACE TEMP TABLE shops AS
SELECT district, area, category, merchant, CAST(sum(won) AS BIGINT) AS won, count(*) AS payments,
       CAST(sum(discount) AS BIGINT) AS discount, CAST(sum(from_charged) AS BIGINT) AS charged,
       CAST(sum(from_cashback) AS BIGINT) AS cashback, CAST(sum(from_allowances) AS BIGINT) AS allowances,
       CAST(sum(from_rewards) AS BIGINT) AS rewards
FROM payments
GROUP BY district, area, category, merchant;
