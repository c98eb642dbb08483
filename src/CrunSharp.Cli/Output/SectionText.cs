using CrunSharp.Observe;

namespace CrunSharp.Cli.Output;

/// <summary>Sections as tables of at most 80 columns; the last column goes on in further lines.</summary>
internal static class SectionText
{
    private const int Gap = 2;
    private const int WidestCell = 30;
    private const int NarrowestLast = 16;
    private const int Width = 80;

    public static void Write(TextWriter output, IReadOnlyList<Section> sections)
    {
        foreach (Section section in sections)
        {
            output.WriteLine(section.Title.ToUpperInvariant());
            Wrapped.Write(output, "", section.About);
            if (section.Name == "seccomp")
            {
                WriteByAnswer(output, section);
            }
            else if (section.Rows.Count > 0)
            {
                WriteTable(output, section);
            }

            output.WriteLine();
        }
    }

    /// <summary>Each row as a record, where the columns side by side would be too narrow to read.</summary>
    public static void WriteRecords(TextWriter output, Section section)
    {
        output.WriteLine(section.Title.ToUpperInvariant());
        Wrapped.Write(output, "", section.About);
        foreach (IReadOnlyList<string> row in section.Rows)
        {
            output.WriteLine();
            Wrapped.Write(output, "", row[^1].Length > 0 ? $"{row[0]}: {row[^1]}" : row[0]);
            for (int column = 1; column < row.Count - 1; column++)
            {
                Wrapped.Write(output, $"    {section.Columns[column],-11}", row[column].Length > 0 ? row[column] : "-");
            }
        }
    }

    private static void WriteTable(TextWriter output, Section section)
    {
        int last = section.Columns.Count - 1;
        int[] widths = [.. Enumerable.Range(0, last).Select(column => Math.Min(WidestCell, section.Rows.Append(section.Columns).Max(row => Printable.Text(row[column]).Length)))];

        // What would leave nothing for the last column goes below, indented.
        bool isNarrow = widths.Sum(static width => width + Gap) > Width - NarrowestLast;
        foreach (IReadOnlyList<string> row in section.Rows.Prepend(section.Columns))
        {
            string lead = string.Concat(Enumerable.Range(0, last).Select(column => Printable.Text(row[column]).PadRight(widths[column] + Gap)));
            if (isNarrow || lead.Length > widths.Sum(static width => width + Gap))
            {
                Wrapped.Write(output, "", lead.TrimEnd());
                Wrapped.Write(output, "    ", row[last]);
            }
            else
            {
                Wrapped.Write(output, lead, row[last]);
            }
        }
    }

    private static void WriteByAnswer(TextWriter output, Section section)
    {
        foreach (IGrouping<string, IReadOnlyList<string>> answer in section.Rows.GroupBy(static row => row[1]))
        {
            output.WriteLine($"{answer.Key}:");
            Wrapped.Write(output, "    ", string.Join(", ", answer.Select(static row => row[0])));
        }
    }
}
