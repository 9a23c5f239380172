-- Wallets that were opened by the end of each month. No wallet is closed; a suspended member is still a member.
SELECT month, count(DISTINCT wallet) AS members
FROM months LEFT JOIN wallets ON wallets.instant < least(months.until, getvariable('until'))
GROUP BY month
ORDER BY month;
