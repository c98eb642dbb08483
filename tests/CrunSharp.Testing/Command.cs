using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace CrunSharp.Testing;

/// <summary>How a command ended and what it said.</summary>
public sealed record CommandResult(string CommandLine, int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output { get; } = Encoding.UTF8.GetString(OutputBytes);

    /// <summary>The result itself when the command succeeded; otherwise a failure that shows both streams.</summary>
    public CommandResult Succeeded() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"'{CommandLine}' ended with {ExitCode}\nstdout: {Output}\nstderr: {Error}");
}

public sealed record CommandOptions
{
    /// <summary>Added to this process's environment; null removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public bool EmptyEnvironment { get; init; }

    public string? Directory { get; init; }

    /// <summary>What stdin holds; null means empty.</summary>
    public byte[]? Input { get; init; }

    /// <summary>After this the command and its children are killed, and the call throws.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Runs programs for tests: both streams captured, never without a time limit.</summary>
public static class Command
{
    public static CommandResult Run(string program, params string[] arguments) =>
        RunAsync(new CommandOptions(), program, arguments).GetAwaiter().GetResult();

    public static Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        RunAsync(new CommandOptions(), program, arguments);

    public static async Task<CommandResult> RunAsync(CommandOptions options, string program, params string[] arguments)
    {
        string commandLine = $"{program} {string.Join(' ', arguments)}".TrimEnd();
        using Process process = Start(options, program, arguments);
        using MemoryStream output = new();
        using MemoryStream error = new();
        using CancellationTokenSource limit = new(options.Limit);
        try
        {
            // A child that went to the background may hold the pipes: the end of both is awaited under the same limit.
            await Task.WhenAll(
                WriteAsync(process, options.Input, limit.Token),
                process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token),
                process.StandardError.BaseStream.CopyToAsync(error, limit.Token),
                process.WaitForExitAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"'{commandLine}' did not end within {options.Limit.TotalSeconds} s\nstdout: {Text(output)}\nstderr: {Text(error)}");
        }

        return new CommandResult(commandLine, process.ExitCode, output.ToArray(), Text(error));
    }

    /// <summary>Starts a program whose streams the test itself reads and writes.</summary>
    public static Process Start(CommandOptions options, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(Host.FindCommand(program) ?? program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = options.Directory ?? "",
        };
        if (options.EmptyEnvironment)
        {
            start.Environment.Clear();
        }

        foreach ((string name, string? value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"cannot start '{program}': {exception.Message}", exception);
        }
    }

    private static async Task WriteAsync(Process process, byte[]? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input ?? [], cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all of it, which is its right.
        }
    }

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());
}
