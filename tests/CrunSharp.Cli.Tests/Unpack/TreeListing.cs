namespace CrunSharp.CliTests.Unpack;

/// <summary>What tests/payload's <c>tree</c> said of a directory: one line for each entry, path first.</summary>
internal sealed class TreeListing
{
    private readonly SortedDictionary<string, string> _entries = new(StringComparer.Ordinal);

    private TreeListing(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            _entries.Add(line[..space], line[(space + 1)..]);
        }
    }

    public static TreeListing Parse(string output) => new(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    public int Count => _entries.Count;

    /// <summary>How <paramref name="other"/> differs, field by field, but for what is expected to.</summary>
    public List<string> Compare(TreeListing other, params IReadOnlyList<Exemption> exemptions)
    {
        List<string> differences = [];
        foreach (string path in _entries.Keys.Union(other._entries.Keys).Order(StringComparer.Ordinal))
        {
            Exemption[] here = [.. exemptions.Where(exemption => exemption.Covers(path))];
            if (here.Any(exemption => exemption.Field is null || (exemption.Field.Length == 0 && !_entries.ContainsKey(path))))
            {
                continue;
            }

            if (!_entries.TryGetValue(path, out string? mine) || !other._entries.TryGetValue(path, out string? theirs))
            {
                differences.Add(_entries.ContainsKey(path) ? $"{path}: missing, was {mine}" : $"{path}: should not be there: {other._entries[path]}");
                continue;
            }

            string left = Without(mine, here);
            string right = Without(theirs, here);
            if (left != right)
            {
                differences.Add($"{path}: {left} <> {right}");
            }
        }

        return differences;
    }

    private static string Without(string fields, Exemption[] exemptions) =>
        string.Join(' ', fields.Split(' ').Where(field => !exemptions.Any(exemption => exemption.Field!.Length > 0 && field.StartsWith($"{exemption.Field}=", StringComparison.Ordinal))));
}

/// <summary>One difference that is meant, and why.</summary>
/// <param name="Path">A path; with a star at the end all that begins so.</param>
/// <param name="Field">The field that may differ; null for the whole entry, empty where it may be there and need not.</param>
/// <param name="Reason">For the reader.</param>
internal sealed record Exemption(string Path, string? Field, string Reason)
{
    public bool Covers(string path) => Path.EndsWith('*') ? path.StartsWith(Path[..^1], StringComparison.Ordinal) : path == Path;
}
