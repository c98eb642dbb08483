namespace CrunSharp.Bench;

/// <summary>What has to be said wherever the figures of a contestant stand: a mark where room is scarce, words elsewhere.</summary>
internal static class Caveats
{
    private const string Mark = " *";

    /// <summary>The name, marked where there is something to be said.</summary>
    public static string Marked(BenchResult result, string name) => Of(result, name) is null ? name : name + Mark;

    /// <summary>The name with it in words.</summary>
    public static string InWords(BenchResult result, string name) => Of(result, name) is { } caveat ? $"{name} ({caveat})" : name;

    /// <summary>What the mark means, for a picture that may stand alone; null where none of these has one.</summary>
    public static string? Note(BenchResult result, IEnumerable<string> names)
    {
        string[] all = [.. names.Select(name => Of(result, name)).OfType<string>().Distinct()];
        return all.Length == 0 ? null : $"*: {string.Join("; ", all)}";
    }

    private static string? Of(BenchResult result, string name) => result.Contestants.FirstOrDefault(one => one.Name == name)?.Caveat;
}
