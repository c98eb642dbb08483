using System.Diagnostics;
using System.Globalization;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Networks;

public sealed partial class NetworkHelper
{
    private const string Tap = "tap0";
    private const int Mtu = 65520;

    // What Start hands over begins at 3.
    private const int ReadyDescriptor = 3;
    private const int ExitDescriptor = 4;
    private const int NetworkDescriptor = 4;
    private const string Unshare = "/usr/bin/unshare";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Connects the network namespace of <paramref name="containerPid"/>; done when packets flow.</summary>
    /// <exception cref="CrunException">The helper ended or said nothing in time; its own words are the reason.</exception>
    public Task<NetworkAttachment> AttachAsync(int containerPid, CancellationToken cancellationToken) =>
        // The caller goes on beside it: the helper waits for nothing that the container's mounts do.
        Task.Run(() => Name == "pasta" ? AttachPasta(containerPid, cancellationToken) : AttachSlirp(containerPid, cancellationToken), cancellationToken);

    private NetworkAttachment AttachSlirp(int containerPid, CancellationToken cancellationToken)
    {
        bool sixToo = HasDefaultRouteForIPv6();
        if (!File.Exists(Unshare))
        {
            return StartSlirp(containerPid, SlirpArguments(containerPid, sandboxed: false, sixToo), cancellationToken);
        }

        try
        {
            return StartSlirp(containerPid, SlirpArguments(containerPid, sandboxed: true, sixToo), cancellationToken);
        }
        catch (CrunException refusal) when (NamesTheSandbox(refusal.Why))
        {
            // Its own sandbox needs mounts and a filter that some hosts refuse; the packets do not.
            return StartSlirp(containerPid, SlirpArguments(containerPid, sandboxed: false, sixToo), cancellationToken);
        }
    }

    internal static List<string> SlirpArguments(int containerPid, bool sandboxed, bool sixToo)
    {
        List<string> arguments =
        [
            "slirp4netns", "--configure", $"--mtu={Mtu}",

            // Without it 10.0.2.2 is the host's 127.0.0.1, with all that listens there.
            "--disable-host-loopback",
            $"--ready-fd={ReadyDescriptor}", $"--exit-fd={ExitDescriptor}",
        ];
        if (sandboxed)
        {
            arguments.AddRange(["--enable-sandbox", "--enable-seccomp"]);
        }

        // An address without a route out makes programs try it first, and wait.
        if (sixToo)
        {
            arguments.Add("--enable-ipv6");
        }

        arguments.AddRange([$"{containerPid}", Tap]);
        return arguments;
    }

    private static bool NamesTheSandbox(string words) =>
        words.Contains("sandbox failed", StringComparison.Ordinal) || words.Contains("seccomp failed", StringComparison.Ordinal);

    private NetworkAttachment StartSlirp(int containerPid, List<string> arguments, CancellationToken cancellationToken)
    {
        (SafeFileHandle ready, SafeFileHandle tellReady) = Descriptors.Pipe();
        using (ready)
        {
            // The container's end hangs up its pidfd (Linux 6.9), and slirp4netns ends by itself whatever became of
            // us. On older kernels it ends by whoever clears up after the container.
            using SafeFileHandle container = Processes.TryOpen(containerPid) ?? throw Failed("the container has ended");
            using HelperProcess process = Start(SlirpProgram(arguments), SlirpWords(arguments), tellReady, container);
            tellReady.Dispose();
            WaitUntilReady(process, ready, cancellationToken);
            return Attachment(process.Pid);
        }
    }

    // Its sandbox makes only "/" private before it mounts on /tmp: where /tmp is a shared mount of its own, that mount
    // would appear on the host, and what lies beneath vanish from it (seen with 1.2.0). So it gets mounts of its own first.
    private string SlirpProgram(List<string> arguments) => arguments.Contains("--enable-sandbox") ? Unshare : Path;

    private List<string> SlirpWords(List<string> arguments) => arguments.Contains("--enable-sandbox")
        ? ["unshare", "--mount", "--propagation", "private", Path, .. arguments.Skip(1)]
        : arguments;

    private HelperProcess Start(List<string> arguments, params ReadOnlySpan<SafeFileHandle> descriptors) => Start(Path, arguments, descriptors);

    private HelperProcess Start(string program, List<string> arguments, params ReadOnlySpan<SafeFileHandle> descriptors)
    {
        try
        {
            // The helper reads nothing of the environment, and what is in ours is not its business.
            return HelperProcess.Start(program, arguments, ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C"], descriptors);
        }
        catch (LinuxException exception)
        {
            throw Failed($"'{program}' could not be started: {exception.Reason}", exception);
        }
    }

    private void WaitUntilReady(HelperProcess process, SafeFileHandle ready, CancellationToken cancellationToken)
    {
        // A byte is the good news; an end without one means that the helper goes.
        Span<byte> news = stackalloc byte[1];
        WaitForBytes(process, ready, cancellationToken);
        if (Descriptors.Read(ready, news) == 0)
        {
            throw Failed($"it ended with {process.Wait().Status}{Quote(process)}");
        }
    }

    /// <summary>Returns when the pipe has bytes or its other end is gone; a helper that is silent for too long is killed.</summary>
    private void WaitForBytes(HelperProcess process, SafeFileHandle pipe, CancellationToken cancellationToken)
    {
        const int Slice = 50;
        Stopwatch waited = Stopwatch.StartNew();
        while (Descriptors.WaitForOne([(int)pipe.DangerousGetHandle()], Slice) < 0)
        {
            if (!cancellationToken.IsCancellationRequested && waited.Elapsed < s_patience)
            {
                continue;
            }

            process.Kill();
            cancellationToken.ThrowIfCancellationRequested();
            throw Failed($"it was not ready within {s_patience.TotalSeconds:0} seconds{Quote(process)}");
        }
    }

    private NetworkAttachment Attachment(int helperPid) => new()
    {
        Helper = Name,
        HelperPid = helperPid,
        HelperStartTime = StartTime(helperPid),
        PidFd = Processes.TryOpen(helperPid) ?? throw Failed("it ended at once"),
        NameServers = NameServers,
    };

    private ulong StartTime(int pid)
    {
        try
        {
            // The helper's name has neither a space nor a parenthesis, so the fields can be counted: proc_pid_stat(5).
            return ulong.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(' ')[21], CultureInfo.InvariantCulture);
        }
        catch (IOException exception)
        {
            throw Failed("it ended at once", exception);
        }
    }

    private static string Quote(HelperProcess process)
    {
        string[] lines = process.Words().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IEnumerable<string> telling = lines.Where(line => !line.StartsWith("WARNING:", StringComparison.Ordinal)).TakeLast(4);
        string words = string.Join("; ", telling);
        return words.Length == 0 ? "" : $": {words}";
    }

    private CrunException Failed(string why, Exception? inner = null) =>
        new($"cannot connect the container by {Name}", why, inner) { Hints = [WithoutNetwork] };

    private static bool HasDefaultRouteForIPv6()
    {
        const string AnyDestination = "00000000000000000000000000000000 00 ";
        try
        {
            // The reject route of every namespace is on lo.
            return File.ReadLines("/proc/net/ipv6_route")
                .Any(line => line.StartsWith(AnyDestination, StringComparison.Ordinal) && !line.EndsWith(" lo", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }
}
