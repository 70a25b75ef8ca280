"""The backtest: what the package would have said in each past year, against what came. It alone looks at the future."""

from tipping_point.backtest.run import Backtest, describe_backtest, run_backtest

__all__ = ["Backtest", "describe_backtest", "run_backtest"]
