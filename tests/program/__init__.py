"""Tests of what spans the steps: checklist, kit, scorecard, diagnosis."""
