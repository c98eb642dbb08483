using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Process = System.Diagnostics.Process;

namespace CrunSharp.Lessons;

/// <summary>A shell that is told one command after the other, in a session of its own.</summary>
/// <remarks>
/// bash, since it reads a pipe byte by byte: a shell that a command starts inside it finds the next command unread,
/// whether that shell is in another namespace or in another machine.
/// </remarks>
internal sealed partial class Pane : IAsyncDisposable
{
    private const int SIGKILL = 9;

    // Never printed by a command of a lesson: ASCII's record separator.
    private const char Mark = '\x1e';
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_tryLimit = TimeSpan.FromSeconds(20);

    // More than anybody reads, and than any command of a lesson prints.
    private const int Longest = 16 * 1024;

    private readonly Process _shell;
    private readonly StreamReader _output;

    private Pane(Process shell)
    {
        _shell = shell;
        Session = shell.Id;
        _output = new StreamReader(shell.StandardOutput.BaseStream, new UTF8Encoding(false));
    }

    public static Pane Open(Lab lab)
    {
        ProcessStartInfo start = new("setsid", ["bash", "--norc", "--noprofile", "-c", "exec bash --norc --noprofile 2>&1"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = lab.Directory,
        };
        lab.SetEnvironment(start.Environment);
        return new Pane(Process.Start(start)!);
    }

    public int Session { get; }

    /// <summary>What the command printed on both outputs.</summary>
    /// <exception cref="CrunException">It does not end, or the shell is gone.</exception>
    public Task<string> RunAsync(string command, CancellationToken cancellationToken) => RunAsync(command, static () => { }, cancellationToken);

    /// <summary>As <see cref="RunAsync(string, CancellationToken)"/>; its processes are ended when they say too much, take too long, or at <paramref name="enough"/>.</summary>
    public async Task<string> TryAsync(string command, CancellationToken enough, CancellationToken cancellationToken)
    {
        HashSet<int> before = [.. Members(Session)];
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(enough);
        await using CancellationTokenRegistration killing = end.Token.Register(() => EndNewcomers(before));
        end.CancelAfter(s_tryLimit);
        string said = await RunAsync(command, end.Cancel, cancellationToken);
        return end.IsCancellationRequested ? $"{said.TrimEnd('\n')}\n(ended: it was asked to, said too much, or took too long)\n" : said;
    }

    private async Task<string> RunAsync(string command, Action tooLong, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        StringBuilder said = new();
        try
        {
            byte[] line = Encoding.UTF8.GetBytes($"{command}\nprintf '\\036\\n'\n");
            await _shell.StandardInput.BaseStream.WriteAsync(line, limit.Token);
            await _shell.StandardInput.BaseStream.FlushAsync(limit.Token);
            char[] buffer = new char[4096];
            while (said.Length < 2 || said[^2] != Mark || said[^1] != '\n')
            {
                int got = await _output.ReadAsync(buffer, limit.Token);
                if (got == 0)
                {
                    throw new CrunException($"cannot go on after '{command}'", "the shell of this pane has ended");
                }

                said.Append(buffer, 0, got);
                if (said.Length > Longest)
                {
                    // The mark comes last: what is dropped comes before the end.
                    said.Remove(Longest / 2, said.Length - Longest);
                    tooLong();
                }
            }
        }
        catch (IOException)
        {
            throw new CrunException($"cannot run '{command}'", "the shell of this pane has ended");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CrunException($"cannot wait for '{command}'", string.Create(CultureInfo.InvariantCulture, $"it has not ended after {s_limit.TotalSeconds} s"));
        }

        said.Length -= 2;
        return Clean(said.ToString());
    }

    /// <summary>Ends the shell and everything that was started in it.</summary>
    public async ValueTask DisposeAsync()
    {
        // A process may have left the group, and one may just be starting another: look until none is left.
        while (Members(Session) is { Count: > 0 } members)
        {
            members.ForEach(static pid => Processes.Signal(pid, SIGKILL));
            await Task.Delay(5);
        }

        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    // What they start meanwhile comes into the next look.
    private void EndNewcomers(HashSet<int> before)
    {
        for (int look = 0; look < 100 && Members(Session).Except(before).ToArray() is { Length: > 0 } newcomers; look++)
        {
            Array.ForEach(newcomers, static pid => Processes.Signal(pid, SIGKILL));
            Thread.Sleep(5);
        }
    }

    /// <summary>The living processes of a session, as far as this process sees them.</summary>
    private static List<int> Members(int leader)
    {
        List<int> members = [];
        foreach (string directory in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int pid) && ReadState(directory) is (not 'Z' and not 'X', { } session) && session == leader)
            {
                members.Add(pid);
            }
        }

        return members;
    }

    private static (char State, int? Session) ReadState(string directory)
    {
        try
        {
            // proc_pid_stat(5): the name in brackets may hold anything; after it state, parent, group, session.
            string stat = File.ReadAllText($"{directory}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return ('X', null);
        }
    }

    // Control characters would move the learner's cursor; the number of a line that nobody typed says nothing.
    private static string Clean(string text) =>
        LineNumber().Replace(Control().Replace(text.Replace("\t", "        ", StringComparison.Ordinal), ""), "$1");

    [GeneratedRegex(@"\e\[[0-9;?]*[a-zA-Z]|[\x00-\x09\x0b-\x1f\x7f]")]
    private static partial Regex Control();

    [GeneratedRegex(@"^((?:/bin/)?(?:ba)?sh: )line [0-9]+: ", RegexOptions.Multiline)]
    private static partial Regex LineNumber();
}
