using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>Watches a container's processes and has each refused call judged while its process stands still.</summary>
public sealed partial class Witness : ITraceObserver
{
    private const int FirstRestart = 512;
    private const int SIGSYS = 31;
    private const int LongestName = 32;
    private const ulong MayExecute = 1;

    private readonly ContainerFacts _container;
    private readonly Judge _judge;
    private readonly Dictionary<int, ProcessWitness> _processes = [];
    private readonly List<ProcessWitness> _all = [];
    private readonly Dictionary<string, int> _failures = [];
    private readonly HashSet<string> _masks;
    private CgroupBaseline? _baseline;
    private readonly IReadOnlySet<string> _watched;
    private readonly Dictionary<string, int> _outcomes = [];
    private bool _began;
    private int _order;

    /// <param name="watched">Names of calls whose outcome is asked for, whatever it is.</param>
    public Witness(ContainerFacts container, IReadOnlySet<string> watched)
    {
        _watched = watched;
        _container = container;
        _judge = new Judge(container);
        _masks = [.. container.Spec.Linux.MaskedPaths];
    }

    public Observation Observation()
    {
        List<Refusal> all = [.. _all.SelectMany(static process => process.Refusals)];
        IEnumerable<Refusal> ranked = all.OrderByDescending(static refusal => refusal.Mattered).ThenByDescending(static refusal => refusal.WasKilled)
            .ThenByDescending(static refusal => refusal.WasTold).ThenByDescending(static refusal => refusal.Order);
        return new Observation
        {
            Began = _began,
            Refused = [.. ranked.Where(static refusal => LayerNames.IsIsolation(refusal.Verdict.Layer))],
            Ordinary = [.. ranked.Where(static refusal => !LayerNames.IsIsolation(refusal.Verdict.Layer) && refusal.Mattered)],
            Failures = _failures,
            Outcomes = _outcomes,
            LastFailures = [.. _all.Where(static process => process is { Status: not (null or 0), LastFailure: not null } && !process.Refusals.Exists(static refusal => refusal.Mattered)).Select(static process => $"{process.Program}: {process.LastFailure}")],
        };
    }

    public void Returned(TracedThread thread, long result)
    {
        if (thread.Call is not { } call)
        {
            return;
        }

        string name = CallNames.Of(call);
        if (!thread.IsInside)
        {
            // Our own program looks whether it may execute the container's before it does.
            (name, call) = (name, call) switch
            {
                ("faccessat2", { C: MayExecute }) => ("execve", call with { A = call.B }),
                ("access", { B: MayExecute }) => ("execve", call),
                _ => (name, call),
            };
            if (name is not ("execve" or "execveat"))
            {
                return;
            }
        }

        ProcessWitness process = Of(thread);
        if (_watched.Contains(name) && ProcessFacts.TryRead(thread.Id) is { } now)
        {
            _outcomes[Refusal.KeyOf(process.Program, CallText.Of(new FailedCall(now, name, call, 0)))] = (int)Math.Max(-result, 0);
        }

        if (result is < 0 and > -FirstRestart)
        {
            Failed(thread, process, name, call, (int)-result);
        }
        else if (result >= 0)
        {
            Succeeded(thread, process, name, call, result);
        }
    }

    public void Executed(TracedThread thread)
    {
        ProcessWitness process = Of(thread);
        if (!thread.IsInside && IsStage(thread.Id))
        {
            return;
        }

        thread.IsInside = true;
        _began = true;
        if (ProcessFacts.TryRead(thread.Process) is { } facts)
        {
            process.InnerId = facts.InnerId;
            process.Program = NameOf(facts);
            process.LostGain = LostGains.Of(facts);
        }

        _baseline ??= CgroupBaseline.Of(thread.Id);
    }

    public void Forked(TracedThread parent, TracedThread child)
    {
        if (child.Process == parent.Process || _processes.ContainsKey(child.Process))
        {
            return;
        }

        ProcessWitness made = Of(parent).Fork(child.Process);
        made.InnerId = ProcessFacts.TryRead(child.Process)?.InnerId ?? child.Process;
        Add(made);
    }

    public void Signalled(TracedThread thread, int signal)
    {
        if (signal == SIGSYS && thread.LastCall is { } call && _container.Filter.Run(call).Traps)
        {
            KilledByFilter(thread, call, "answers with SIGSYS (trap)");
        }
    }

    public void Ending(TracedThread thread, int status)
    {
        ProcessWitness process = Of(thread);
        int signal = status & 0x7f;
        if (thread.Id == thread.Process)
        {
            process.Status = status;
        }

        if (!thread.IsInside || signal == 0)
        {
            return;
        }

        if (signal == SIGSYS && thread.LastCall is { } call && _container.Filter.Run(call).Kills)
        {
            KilledByFilter(thread, call, "kills the process");
        }
        else if (_baseline is { } baseline && Judge.Killed(signal, ProcessFacts.TryRead(thread.Process), baseline) is { } verdict)
        {
            Keep(new Refusal(process, "killed", $"killed by signal {signal}", 0, verdict) { WasKilled = true });
        }
    }

    public void Ended(TracedThread thread, int status)
    {
        if (thread.Id == thread.Process && _processes.Remove(thread.Process, out ProcessWitness? process))
        {
            process.Status ??= status;
            LookForLostGain(process);
        }
    }

    private void KilledByFilter(TracedThread thread, SystemCall call, string answer)
    {
        string name = CallNames.Of(call);
        ProcessWitness process = Of(thread);
        string text = ProcessFacts.TryRead(thread.Id) is { } facts ? CallText.Of(new FailedCall(facts, name, call, 0)) : $"{name}()";
        Keep(new Refusal(process, name, text, 0, _judge.Filtered(call, name, answer)) { WasKilled = true });
    }

    private void Failed(TracedThread thread, ProcessWitness process, string name, SystemCall call, int errno)
    {
        _failures[Errno.Name(errno)] = _failures.GetValueOrDefault(Errno.Name(errno)) + 1;

        // Waiting and asking again are how programs live.
        if (errno is Errno.EINTR or Errno.ESRCH || (errno == Errno.EAGAIN && name is "read" or "write" or "recvmsg" or "recvfrom" or "sendmsg" or "sendto" or "accept" or "accept4" or "futex"))
        {
            return;
        }

        if (ProcessFacts.TryRead(thread.Id) is not { } facts)
        {
            return;
        }

        if (process.Program.Length == 0)
        {
            process.Program = thread.IsInside ? facts.Name : "the start of the container";
            process.InnerId = facts.InnerId;
        }

        FailedCall failed = new(facts, name, call, errno);
        if (_judge.Examine(failed, process) is { } verdict)
        {
            Keep(new Refusal(process, name, CallText.Of(failed), errno, verdict));
        }
        else if (name is not ("ioctl" or "lseek" or "wait4"))
        {
            process.LastFailure = $"{CallText.Of(failed)}: {Errno.Words(errno)} ({Errno.Name(errno)})";
        }
    }

    private void Keep(Refusal refusal)
    {
        refusal.Order = ++_order;
        Refusal? same = refusal.Process.Refusals.Find(other => other.Text == refusal.Text && other.Errno == refusal.Errno && other.Program == refusal.Program && other.WasKilled == refusal.WasKilled);
        if (same is null)
        {
            refusal.Process.Refusals.Add(refusal);
            return;
        }

        same.Count++;
        same.Order = refusal.Order;
        same.Verdict = refusal.Verdict;
    }

    private ProcessWitness Of(TracedThread thread)
    {
        if (!_processes.TryGetValue(thread.Process, out ProcessWitness? process))
        {
            process = new ProcessWitness(thread.Process);
            Add(process);
        }

        return process;
    }

    private void Add(ProcessWitness process)
    {
        _processes[process.Id] = process;
        _all.Add(process);
    }

    // The name that it was called by, which tells more than the file that does the work of many.
    private static string NameOf(ProcessFacts facts)
    {
        string called = Path.GetFileName(ProcessFacts.Text($"/proc/{facts.Id}/cmdline").Split('\0')[0]).TrimStart('-');
        return called.Length is > 0 and <= LongestName ? called : Path.GetFileName(facts.Executable);
    }

    // A program that finds itself without the rights of its file may end by itself, and no call tells of it.
    private void LookForLostGain(ProcessWitness process)
    {
        if (process is { LostGain: { IsOfUser: true } lost, Status: not (null or 0) } && !process.Refusals.Exists(static refusal => refusal.Mattered))
        {
            Keep(new Refusal(process, "execve", $"execve({lost.File})", 0, _judge.Ungained(lost)) { Outcome = "gave no rights" });
        }
    }

    // Our own program runs from memory: only what it executes is the container's.
    private static bool IsStage(int id) => (ProcessFacts.TryRead(id)?.Executable ?? "").StartsWith("/memfd:", StringComparison.Ordinal);
}
