"""Makes rules of what models answered: proposed on trial, proved on the record, and made live by a person."""
