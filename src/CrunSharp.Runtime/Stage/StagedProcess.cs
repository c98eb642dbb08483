using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>A process that carries out a plan, and the socket on which it tells how that goes.</summary>
internal sealed class StagedProcess : IDisposable
{
    private const int SIGKILL = 9;
    private readonly SafeFileHandle _reports;

    private StagedProcess(StartedProcess started, SafeFileHandle reports, LaunchPlan plan)
    {
        Pid = started.Pid;
        PidFd = started.PidFd;
        Plan = plan;
        _reports = reports;
    }

    public int Pid { get; private set; }

    public SafeFileHandle PidFd { get; private set; }

    public LaunchPlan Plan { get; }

    /// <summary>Clones the process; it applies the plan at once, or, with <paramref name="hold"/>, when a byte comes.</summary>
    public static StagedProcess Start(
        LaunchPlan plan, SlotBinder binder, SafeFileHandle? bornIn, (SafeFileHandle Read, SafeFileHandle Write)? hold, int preserved, LaunchTrace? trace = null)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = UnixSocket.Pair();
        using (theirs)
        {
            try
            {
                TracePhase encode = trace.Phase(TraceTrack.Runtime, "encode the plan");
                using SafeFileHandle program = MemoryFile.OpenStage();
                using SafeFileHandle file = MemoryFile.Create("crun-sharp-plan", PlanEncoder.Encode(plan));
                Span<int> descriptors = stackalloc int[plan.Slots.Count + 2];
                descriptors[0] = (int)file.DangerousGetHandle();
                descriptors[1] = (int)theirs.DangerousGetHandle();
                for (int i = 0; i < plan.Slots.Count; i++)
                {
                    descriptors[i + 2] = (int)binder.Bind(plan.Slots[i]).DangerousGetHandle();
                }

                encode.Dispose();
                using TracePhase clone = trace.Phase(TraceTrack.Runtime, LaunchTrace.Clone);
                StartedProcess started = CrunSharp.Linux.Processes.Start(new ProcessStart
                {
                    Namespaces = (ulong)plan.New,
                    Program = program,
                    Name = "stage",
                    Descriptors = descriptors,
                    KeepUpTo = 2 + preserved,
                    Report = 1,
                    Cgroup = bornIn,
                    Hold = hold?.Read,
                    HoldWrite = hold?.Write,
                });
                return new StagedProcess(started, ours, plan);
            }
            catch
            {
                ours.Dispose();
                throw;
            }
        }
    }

    /// <summary>Waits for the next report; null when the program was executed, or the process is gone.</summary>
    public StageReport? Read() => StageReport.TryRead(_reports);

    /// <summary>Waits at most this long for something to read.</summary>
    public bool HasReport(int milliseconds) => Descriptors.WaitForOne([(int)_reports.DangerousGetHandle()], milliseconds) >= 0;

    /// <summary>The plan went on in another process, also a child of ours; the first has done its part.</summary>
    public void GoOnAs(int pid)
    {
        _ = CrunSharp.Linux.Processes.Wait(Pid);
        PidFd.Dispose();
        Pid = pid;

        // A child of ours keeps its number until we wait for it, ended or not.
        PidFd = CrunSharp.Linux.Processes.TryOpen(pid)
            ?? throw new CrunException("cannot follow the new process", $"process {pid} is not there");
    }

    /// <summary>Ends the process and takes its status.</summary>
    public void Kill()
    {
        _ = CrunSharp.Linux.Processes.Signal(PidFd, SIGKILL);
        _ = CrunSharp.Linux.Processes.Wait(Pid);
    }

    /// <summary>Lets go of the reports; the process itself stays.</summary>
    public void Dispose() => _reports.Dispose();
}
