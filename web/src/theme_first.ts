// SPDX-License-Identifier: Apache-2.0
//
// Runs before anything is drawn, so that a chosen theme does not flash in the other's colours first.
import { applyTheme } from './theme';

applyTheme();
