// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/colours.css';
import './style/base.css';
import './style/layout.css';
import './style/forms.css';
import './style/parts.css';
import './style/table.css';
import './style/charts.css';
import { App } from './app';
import { followSystem } from './theme';

followSystem();
const page = document.getElementById('page');
if (page) render(<App />, page);
