"""The data contract of Polyreel: tables, ids, outcomes and reasons. Imports nothing internal."""
