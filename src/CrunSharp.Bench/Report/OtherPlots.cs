using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace CrunSharp.Bench;

/// <summary>Plots of memory, density, disk, work and anatomy.</summary>
internal static class OtherPlots
{
    private const double RowHeight = 26;
    private const double Margins = 90;

    /// <summary>One bar for each contestant; those of ten times the size do not flatten the others.</summary>
    public static Plot Bars(string id, string title, string unit, IReadOnlyList<(string Name, double Value)> rows, BenchResult result, IReadOnlyList<Published>? published = null)
    {
        List<(string Name, double Value)> shown = [.. rows.Where(static row => row.Value > 0)];
        List<string> others = [.. (published ?? []).Select(static figure => figure.Contestant).Distinct().Where(name => shown.All(row => row.Name != name))];
        string alternative = $"{title}: {string.Join("; ", shown.Select(row => $"{Caveats.InWords(result, row.Name)} {Figures.Text(row.Value)} {unit}"))}";
        string? note = Caveats.Note(result, shown.Select(static row => row.Name));
        return new Plot(id, title, alternative, Margins + (RowHeight * (shown.Count + others.Count)), note, () =>
        {
            PlotModel model = Plot.NewModel();
            double least = Plot.Least([.. shown.Select(static row => row.Value), .. (published ?? []).Select(static figure => figure.From)]);
            model.Axes.Add(Plot.Rows([.. shown.Select(row => Caveats.Marked(result, row.Name)), .. others]));
            model.Axes.Add(Plot.Measure($"{unit}, logarithmic", isLogarithmic: true, least));
            BarSeries bars = new() { BaseValue = least, StrokeThickness = 0 };
            for (int i = 0; i < shown.Count; i++)
            {
                bars.Items.Add(new BarItem(shown[i].Value, i) { Color = ColorOf(shown[i].Name, result) });
            }

            model.Series.Add(bars);
            StartPlots.AddPublished(model, published ?? [], [.. shown.Select(static row => row.Name), .. others]);
            return model;
        });
    }

    /// <summary>How many instances answered after how many seconds.</summary>
    public static Plot Density(BenchResult result)
    {
        List<DensityResult> shown = [.. result.Density.Where(static density => density.ReadySeconds.Count > 0)];
        string alternative = $"Instances over time: {string.Join("; ", shown.Select(density => $"{Caveats.InWords(result, density.Contestant)} {density.ReadySeconds.Count} in {Figures.Text(density.ReadySeconds[^1])} s"))}";
        return new Plot("density", "Density: instances that run side by side", alternative, 420, Caveats.Note(result, shown.Select(static density => density.Contestant)), () =>
        {
            PlotModel model = Plot.NewModel();
            model.Legends.Add(Plot.NewLegend());
            model.Axes.Add(Plot.Measure("seconds since the first was started", isLogarithmic: true, shown.Count == 0 ? 0.1 : shown.Min(static density => density.ReadySeconds[0]) / 1.5));
            model.Axes.Add(Plot.Measure("instances that answer", isLogarithmic: false, 0, AxisPosition.Left));
            for (int i = 0; i < shown.Count; i++)
            {
                LineSeries line = new()
                {
                    Title = Caveats.Marked(result, shown[i].Contestant),
                    Color = ColorOf(shown[i].Contestant, result),
                    StrokeThickness = 2,
                    LineStyle = (i % 3) switch { 0 => LineStyle.Solid, 1 => LineStyle.Dash, _ => LineStyle.Dot },
                };
                line.Points.AddRange(shown[i].ReadySeconds.Select(static (seconds, index) => new DataPoint(seconds, index + 1)));
                model.Series.Add(line);
            }

            return model;
        });
    }

    /// <summary>The steps of one start, each where it lies in time.</summary>
    public static Plot Timeline(string id, string title, AnatomyResult anatomy, BenchResult result)
    {
        double whole = anatomy.Steps.Count == 0 ? 1 : anatomy.Steps.Max(static step => step.ToMs);
        // What would be thinner than a line is told by the table below the plot.
        List<AnatomyStep> shown = [.. anatomy.Steps.Where(step => step.ToMs - step.FromMs >= whole / 200).OrderBy(static step => step.FromMs)];
        string alternative = $"{title}: {string.Join("; ", shown.Select(static step => $"{step.Name} {Figures.Text(step.ToMs - step.FromMs)} ms"))}";
        return new Plot(id, title, alternative, Margins + (RowHeight * shown.Count), Caveats.Note(result, [anatomy.Contestant]), () =>
        {
            PlotModel model = Plot.NewModel();
            model.Axes.Add(Plot.Rows(shown.Select(static step => Short(step.Name))));
            model.Axes.Add(Plot.Measure("ms since the start", isLogarithmic: false));
            // The library's own text at each bar is a format that it then cannot fill: it would draw its exception over the plot.
            IntervalBarSeries spans = new() { StrokeThickness = 0, LabelFormatString = null };
            for (int i = 0; i < shown.Count; i++)
            {
                spans.Items.Add(new IntervalBarItem { Start = shown[i].FromMs, End = shown[i].ToMs, CategoryIndex = i, Color = Palette.Part(i) });
            }

            model.Series.Add(spans);
            return model;
        });
    }

    private static OxyColor ColorOf(string name, BenchResult result) =>
        Palette.Group(result.Contestants.FirstOrDefault(one => one.Name == name)?.Group ?? ContestantGroup.Host);

    private static string Short(string name) => name.Length <= 34 ? name : $"{name[..33]}…";
}
