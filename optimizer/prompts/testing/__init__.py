"""A prompt tested case by case: within the budget, remembered, here or elsewhere."""
