using System.Net;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace CrunSharp.Bench;

/// <summary>One plot of a report: a picture for each width, and what it says in words.</summary>
/// <param name="Id">Name of its files and its anchor.</param>
/// <param name="Alternative">The same for those who cannot see it.</param>
/// <param name="Note">Stands above the plot: what a mark at a name means.</param>
/// <param name="Model">Made anew for each width: a model belongs to one picture.</param>
internal sealed record Plot(string Id, string Title, string Alternative, double Height, string? Note, Func<PlotModel> Model)
{
    private const double Wide = 860;
    private const double Narrow = 380;
    private const double TitleHeight = 24;

    // Of a letter, in parts of the font's size.
    private const double LetterWidth = 0.6;

    /// <summary>With stand-ins for colours: see <see cref="Palette"/>.</summary>
    /// <param name="isAlone">It is a file of its own, so that it needs its title.</param>
    public string Svg(bool isNarrow, bool isAlone = false)
    {
        PlotModel model = Model();

        // One line: the library puts a second one so close that browsers' fonts overlap.
        model.Title = isAlone ? (Note is null ? Title : $"{Title} ({Note})") : Note;
        model.TitleFontWeight = isAlone ? FontWeights.Bold : FontWeights.Normal;
        double width = isNarrow ? Narrow : Wide;
        model.DefaultFontSize = model.TitleFontSize = isNarrow ? 11 : 13;
        if (model.Axes.OfType<CategoryAxis>().FirstOrDefault() is { Position: AxisPosition.Left } rows)
        {
            // The library's measure of a text is short of what browsers' fonts take: long names were cut.
            model.PlotMargins = new OxyThickness((rows.Labels.Max(static name => name.Length) * model.DefaultFontSize * LetterWidth) + 10, double.NaN, double.NaN, double.NaN);
        }

        SvgExporter exporter = new() { Width = width, Height = Height + (model.Title is null ? 0 : TitleHeight), IsDocument = true, UseVerticalTextAlignmentWorkaround = true };
        using MemoryStream stream = new();
        exporter.Export(model, stream);
        string svg = System.Text.Encoding.UTF8.GetString(stream.ToArray()).TrimStart('\ufeff');
        svg = svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
        return svg.Replace("<svg ", $"<svg role=\"img\" aria-label=\"{WebUtility.HtmlEncode(Alternative)}\" ", StringComparison.Ordinal);
    }

    public static PlotModel NewModel() => new()
    {
        Background = OxyColors.Undefined,
        PlotAreaBorderColor = Palette.Grid,
        PlotAreaBorderThickness = new OxyThickness(0, 0, 0, 1),
        TextColor = Palette.Ink,
        TitleColor = Palette.Ink,
        DefaultFont = "system-ui, sans-serif",
        PlotMargins = new OxyThickness(double.NaN),
        Padding = new OxyThickness(4, 4, 14, 4),
    };

    /// <summary>Where a logarithmic axis begins, so that the smallest of these has a bar, or a mark, that can be seen.</summary>
    public static double Least(IReadOnlyList<double> values) => values.Count == 0 ? 0.1 : values.Min() / 2;

    public static CategoryAxis Rows(IEnumerable<string> names)
    {
        // The first row stands on top.
        CategoryAxis axis = new() { Position = AxisPosition.Left, StartPosition = 1, EndPosition = 0, TickStyle = TickStyle.None, AxislineColor = Palette.Grid, GapWidth = 0.35 };
        axis.Labels.AddRange(names);
        return axis;
    }

    public static Axis Measure(string title, bool isLogarithmic, double minimum = 0, AxisPosition position = AxisPosition.Bottom)
    {
        Axis axis = isLogarithmic
            ? new LogarithmicAxis { Base = 10, UseSuperExponentialFormat = false, MinorGridlineStyle = LineStyle.None }
            : new LinearAxis { MinorGridlineStyle = LineStyle.None };
        axis.Position = position;
        axis.Title = title;
        axis.Minimum = minimum;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = Palette.Grid;
        axis.TicklineColor = Palette.Grid;
        axis.MinorTickSize = 0;
        axis.AxisTitleDistance = 10;
        axis.AxislineColor = Palette.Grid;
        axis.MaximumPadding = 0.06;
        axis.LabelFormatter = static value => value >= 1000 ? value.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture) : value.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
        return axis;
    }

    public static Legend NewLegend() => new()
    {
        LegendPlacement = LegendPlacement.Outside,
        LegendPosition = LegendPosition.BottomCenter,
        LegendOrientation = LegendOrientation.Horizontal,
        LegendTextColor = Palette.Ink,
        LegendBackground = OxyColors.Undefined,
        LegendBorder = OxyColors.Undefined,
    };
}
