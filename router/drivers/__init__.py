"""The ways out: one file per protocol, where foreign errors are translated."""
