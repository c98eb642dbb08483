namespace CrunSharp.Cli.Output;

/// <summary>Columns of text, as wide as their widest cell, three spaces apart.</summary>
internal sealed class Table(params string[] headings)
{
    private const int Gap = 3;
    private readonly List<string[]> _rows = [headings];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        int[] widths = [.. Enumerable.Range(0, headings.Length).Select(column => _rows.Max(row => row[column].Length))];
        foreach (string[] row in _rows)
        {
            for (int column = 0; column < row.Length - 1; column++)
            {
                output.Write(row[column].PadRight(widths[column] + Gap));
            }

            output.WriteLine(row[^1]);
        }
    }
}
