"""Lockstep keeps data, parameters, model, review and serving of a tabular model in step."""
