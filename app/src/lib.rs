//! The pages of Tickertape and the subscription behind them, shared by server and browser.
