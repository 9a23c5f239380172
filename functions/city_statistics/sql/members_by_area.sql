-- Members who paid in each area in the month: evidence for the tables of years.
SELECT area, count(DISTINCT wallet) AS members FROM payments GROUP BY area ORDER BY area;
