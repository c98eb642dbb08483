using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace CrunSharp.Bench;

/// <summary>Plots of times to start: bars with intervals, and distributions.</summary>
internal static class StartPlots
{
    private const double RowHeight = 24;
    private const double Margins = 90;

    /// <summary>A bar for each median, its interval as a line, and what others published as grey marks.</summary>
    public static Plot Bars(string id, string title, string unit, IReadOnlyList<StartSeries> all, BenchResult result, IReadOnlyList<Published> published)
    {
        List<(string Name, Summary Summary, ContestantGroup Group)> rows = [.. all
            .Select(series => (series.Contestant, Summary: Summary.Of(series.FirstByte), Known: result.Contestants.FirstOrDefault(one => one.Name == series.Contestant)))
            .Where(static row => row.Summary is not null)
            .Select(static row => (row.Contestant, row.Summary!, row.Known?.Group ?? ContestantGroup.Host))];
        List<string> others = [.. published.Select(static figure => figure.Contestant).Distinct().Where(name => rows.All(row => row.Name != name))];
        string alternative = $"{title}: {string.Join("; ", rows.Select(row => $"{Caveats.InWords(result, row.Name)} {Figures.Text(row.Summary.Median)} {unit}"))}";
        string? note = Caveats.Note(result, rows.Select(static row => row.Name));
        return new Plot(id, title, alternative, Margins + (RowHeight * (rows.Count + others.Count)), note, () =>
        {
            PlotModel model = Plot.NewModel();
            double least = Plot.Least([.. rows.Select(static row => row.Summary.Low ?? row.Summary.Minimum), .. published.Select(static figure => figure.From)]);
            model.Axes.Add(Plot.Rows([.. rows.Select(row => Caveats.Marked(result, row.Name)), .. others]));
            model.Axes.Add(Plot.Measure($"{unit}, logarithmic", isLogarithmic: true, least));
            BarSeries bars = new() { BaseValue = least, StrokeThickness = 0, LabelFormatString = null };
            for (int i = 0; i < rows.Count; i++)
            {
                bars.Items.Add(new BarItem(rows[i].Summary.Median, i) { Color = Palette.Group(rows[i].Group) });
            }

            model.Series.Add(bars);
            for (int i = 0; i < rows.Count; i++)
            {
                AddInterval(model, i, rows[i].Summary);
            }

            AddPublished(model, published, [.. rows.Select(static row => row.Name), .. others]);
            return model;
        });
    }

    /// <summary>Which part of the starts was over after how long.</summary>
    public static Plot Distributions(string id, string title, IReadOnlyList<StartSeries> all, BenchResult result)
    {
        List<StartSeries> shown = [.. all.Where(series => series.FirstByte.Count > 0 && result.Contestants.FirstOrDefault(one => one.Name == series.Contestant)?.Group != ContestantGroup.Ladder)];
        string alternative = $"{title}: cumulative distribution of {string.Join(", ", shown.Select(series => Caveats.InWords(result, series.Contestant)))}";
        return new Plot(id, title, alternative, 420, Caveats.Note(result, shown.Select(static series => series.Contestant)), () =>
        {
            PlotModel model = Plot.NewModel();
            model.Legends.Add(Plot.NewLegend());
            model.Axes.Add(Plot.Measure("ms to the first byte", isLogarithmic: true, shown.Count == 0 ? 0.1 : shown.Min(static series => series.FirstByte.Min()) / 1.5));
            Axis part = Plot.Measure("part of the starts", isLogarithmic: false, 0, AxisPosition.Left);
            part.Maximum = 1.02;
            model.Axes.Add(part);
            Dictionary<ContestantGroup, int> drawn = [];
            foreach (StartSeries series in shown)
            {
                ContestantGroup group = result.Contestants.FirstOrDefault(one => one.Name == series.Contestant)?.Group ?? ContestantGroup.Host;
                int number = drawn[group] = drawn.GetValueOrDefault(group) + 1;
                StairStepSeries steps = new()
                {
                    Title = Caveats.Marked(result, series.Contestant),
                    Color = Palette.Group(group),
                    StrokeThickness = 2,
                    VerticalStrokeThickness = 2,
                    LineStyle = (number % 4) switch { 1 => LineStyle.Solid, 2 => LineStyle.Dash, 3 => LineStyle.Dot, _ => LineStyle.DashDot },
                };
                double[] sorted = [.. series.FirstByte.Order()];
                steps.Points.Add(new DataPoint(sorted[0], 0));
                for (int i = 0; i < sorted.Length; i++)
                {
                    steps.Points.Add(new DataPoint(sorted[i], (i + 1.0) / sorted.Length));
                }

                model.Series.Add(steps);
            }

            return model;
        });
    }

    internal static void AddPublished(PlotModel model, IReadOnlyList<Published> published, List<string> rows)
    {
        ScatterSeries marks = new() { MarkerType = MarkerType.Diamond, MarkerFill = Palette.Published, MarkerSize = 5 };
        foreach (Published figure in published)
        {
            int row = rows.IndexOf(figure.Contestant);
            if (row < 0)
            {
                continue;
            }

            marks.Points.Add(new ScatterPoint(figure.From, row));
            if (figure.From != figure.To)
            {
                marks.Points.Add(new ScatterPoint(figure.To, row));
                LineSeries between = new() { Color = Palette.Published, StrokeThickness = 2, LineStyle = LineStyle.Dot };
                between.Points.AddRange([new DataPoint(figure.From, row), new DataPoint(figure.To, row)]);
                model.Series.Add(between);
            }
        }

        model.Series.Add(marks);
    }

    private static void AddInterval(PlotModel model, int row, Summary summary)
    {
        if (summary is not { Low: { } low, High: { } high })
        {
            return;
        }

        LineSeries whole = new() { Color = Palette.Ink, StrokeThickness = 1.5 };
        whole.Points.AddRange([new DataPoint(low, row), new DataPoint(high, row)]);
        model.Series.Add(whole);
        foreach (double end in (ReadOnlySpan<double>)[low, high])
        {
            LineSeries cap = new() { Color = Palette.Ink, StrokeThickness = 1.5 };
            cap.Points.AddRange([new DataPoint(end, row - 0.16), new DataPoint(end, row + 0.16)]);
            model.Series.Add(cap);
        }
    }
}
