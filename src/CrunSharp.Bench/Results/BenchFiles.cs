namespace CrunSharp.Bench;

/// <summary>A result as files in one directory.</summary>
public static class BenchFiles
{
    /// <returns>The names of what was written.</returns>
    public static IReadOnlyList<string> Write(BenchResult result, string directory, Action<string> warn)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes($"{directory}/result.json", result.ToJson());
        File.WriteAllText($"{directory}/starts.csv", Csv.Write(result));
        return ["result.json", "starts.csv"];
    }
}
