"""What would a policy cost? A city's payments, replayed under any policy: docs/simulator.md.

Not deployed. It runs in an environment of its own (`requirements/simulator.txt`) and takes nothing of the layer but its rules:
`eeum.policy` to read and evaluate policies, `eeum.calendar` for months.
"""
