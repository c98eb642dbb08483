using CrunSharp.Linux;

namespace CrunSharp.Engine;

/// <summary>Where this host says which ids it has given to whom.</summary>
internal static class SubordinateIdSource
{
    private const string UidFile = "/etc/subuid";
    private const string GidFile = "/etc/subgid";

    public static IReadOnlyList<IdRange> Uids(string name, uint uid) => Read(UidFile, name, uid, "");

    public static IReadOnlyList<IdRange> Gids(string name, uint uid) => Read(GidFile, name, uid, "-g");

    /// <summary>The command that gives a user ids which nobody has.</summary>
    public static string Mend(string name)
    {
        string range = SubordinateIds.SuggestFree(ReadText(UidFile) + ReadText(GidFile));
        return $"sudo usermod --add-subuids {range} --add-subgids {range} {name}";
    }

    private static IReadOnlyList<IdRange> Read(string path, string name, uint uid, string option) =>
        IsElsewhere(ReadText("/etc/nsswitch.conf")) && HostProgram.Find("getsubids") is { } program
            ? Ask(program, option, name)
            : SubordinateIds.Parse(ReadText(path), name, uid);

    // Since shadow 4.9 a directory service can have them: then the files say nothing, and newuidmap asks the service too.
    internal static bool IsElsewhere(string nameServiceSwitch)
    {
        foreach (string line in nameServiceSwitch.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith("subid:", StringComparison.Ordinal))
            {
                return line["subid:".Length..].Trim() is not ("" or "files");
            }
        }

        return false;
    }

    private static IReadOnlyList<IdRange> Ask(string program, string option, string name)
    {
        string[] arguments = option.Length == 0 ? ["getsubids", name] : ["getsubids", option, name];
        using HelperProcess process = HelperProcess.Start(program, arguments, HostProgram.Environment);
        return process.Wait().Status == 0 ? ParseAnswer(process.Words(), name) : [];
    }

    // A line is '0: user 100000 65536'.
    internal static IReadOnlyList<IdRange> ParseAnswer(string text, string name)
    {
        IEnumerable<string> lines = text.Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length == 4)
            .Select(words => $"{words[1]}:{words[2]}:{words[3]}");
        return SubordinateIds.Parse(string.Join('\n', lines), name, uint.MaxValue);
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
