-- Won that banks topped up, without bonuses.
SELECT month, CAST(sum(won) AS BIGINT) AS won FROM top_ups WHERE instant < getvariable('until') GROUP BY month ORDER BY month;
