// What charts need of ECharts: the rest of it is four times as large.
import { CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

use([CustomChart, LineChart, GridComponent, LegendComponent, TitleComponent, LabelLayout, SVGRenderer]);

export { init };
