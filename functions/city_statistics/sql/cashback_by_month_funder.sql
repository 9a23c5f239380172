-- Won that each funder paid for rewards of the month: cashback, bonuses and discounts, less what cancellations took back.
-- Of the month that has not ended, rewards that were posted by the end of the day.
SELECT month, coalesce(funder, 'total') AS funder, CAST(sum(won) AS BIGINT) AS won
FROM funded
WHERE month < getvariable('last_month') OR (month = getvariable('last_month') AND instant < getvariable('until'))
GROUP BY GROUPING SETS ((month, funder), (month))
ORDER BY month, funder;
