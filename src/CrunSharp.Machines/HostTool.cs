using System.Diagnostics;
using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>Programs of the host: where they are, and what short calls of them answer.</summary>
public static class HostTool
{
    private static readonly string[] s_always = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/sbin"];

    /// <summary>Its path; null when it is nowhere.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(static directory => directory.StartsWith('/'))
            .Concat(s_always)
            .Select(directory => $"{directory}/{name}")
            .FirstOrDefault(File.Exists);

    /// <summary>What it prints; null when it is not there, fails or takes longer than the limit.</summary>
    public static string? TryAsk(string name, TimeSpan limit, params string[] arguments)
    {
        try
        {
            return Run(name, limit, arguments);
        }
        catch (CrunException)
        {
            return null;
        }
    }

    /// <exception cref="CrunException">It is missing, failed, or took too long; with its own words.</exception>
    public static string Run(string name, TimeSpan limit, params string[] arguments)
    {
        string path = Path.IsPathRooted(name) ? name : Find(name) ?? throw new CrunException($"cannot run '{name}'", "it is not installed");
        ProcessStartInfo start = new(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new CrunException($"cannot run '{name} {string.Join(' ', arguments)}'", $"no end after {limit.TotalSeconds:0} s");
        }

        return process.ExitCode == 0
            ? output.Result
            : throw new CrunException($"cannot run '{name} {string.Join(' ', arguments)}'", $"it ended with {process.ExitCode}: {errors.Result.Trim()}");
    }
}
