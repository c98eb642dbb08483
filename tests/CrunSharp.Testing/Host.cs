using Xunit;

namespace CrunSharp.Testing;

/// <summary>What a test asks of the machine that it runs on.</summary>
public static partial class Host
{
    // "all" makes every skip a failure; otherwise the names of needs, separated by commas.
    private static readonly HashSet<string> s_insisted =
        [.. (Environment.GetEnvironmentVariable("CRUN_SHARP_INSIST") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>Skips the test where a need is not met, and fails it where the run insists on it.</summary>
    public static void Requires(params ReadOnlySpan<Need> needs)
    {
        foreach (Need need in needs)
        {
            if (need.Missing() is { } reason)
            {
                Assert.False(s_insisted.Contains(need.Name) || s_insisted.Contains("all"), $"{need.Name} is required in this run: {reason}");
                Assert.Skip($"needs {need.Name}: {reason}");
            }
        }
    }

    /// <summary>The checkout, found from the test's own directory; where tests run as copies, CRUN_SHARP_CHECKOUT names it.</summary>
    public static string Checkout { get; } = Environment.GetEnvironmentVariable("CRUN_SHARP_CHECKOUT") ?? FindCheckout();

    /// <summary>The published executable of this name, as a user would run it.</summary>
    public static string Published(string name) => Path.Combine(Checkout, "out", name);

    private static string FindCheckout()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Runtime.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? Environment.CurrentDirectory;
    }
}
