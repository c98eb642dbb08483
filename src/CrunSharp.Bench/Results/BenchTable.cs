namespace CrunSharp.Bench;

/// <summary>Figures in rows, for those who show text.</summary>
public sealed record BenchTable(string Title, IReadOnlyList<string> Headings, IReadOnlyList<string[]> Rows)
{
    /// <summary>A table for each thing that was measured, as the report has them.</summary>
    public static IEnumerable<BenchTable> Of(BenchResult result) =>
        ReportSections.Of(result).Select(static section => new BenchTable(section.Title, section.Headings, section.Rows));
}
