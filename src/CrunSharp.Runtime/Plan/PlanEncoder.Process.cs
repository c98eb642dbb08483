using System.Globalization;
using System.Runtime.InteropServices;

namespace CrunSharp.Runtime;

public static partial class PlanEncoder
{
    private static bool FillProcess(ref PlanStep to, Step step, IReadOnlyList<FdSlot> slots, PlanBuffer buffer)
    {
        switch (step)
        {
            case SetRlimit limit:
                to.Kind = StepKind.Rlimit;
                (to.A, to.B, to.C) = (limit.Resource, limit.Soft, limit.Hard);
                break;
            case SetOomScore score:
                to.Kind = StepKind.OomScore;
                (to.Data, to.DataSize) = buffer.SizedText(score.Value.ToString(CultureInfo.InvariantCulture));
                to.Mode = score.Optional ? 1u : 0;
                break;
            case JoinSessionKeyring keyring:
                to.Kind = StepKind.SessionKeyring;
                (to.Data, to.DataSize) = buffer.SizedText(keyring.Name);
                break;
            case SetUmask umask:
                to.Kind = StepKind.Umask;
                to.Mode = umask.Mode;
                break;
            case SetParentDeathSignal death:
                to.Kind = StepKind.ParentDeath;
                to.A = (ulong)death.Signal;
                to.Fd = death.Parent is null ? PlanLayout.NoDescriptor : IndexOf(slots, death.Parent);
                break;
            case SetNoNewPrivileges:
                to.Kind = StepKind.NoNewPrivs;
                break;
            case InstallSeccomp seccomp:
                to.Kind = StepKind.Seccomp;
                (to.Data, to.DataSize) = buffer.Bytes(seccomp.Program.Span);
                to.Flags = seccomp.Flags;
                to.Fd = seccomp.Listener is null ? PlanLayout.NoDescriptor : IndexOf(slots, seccomp.Listener);
                break;
            case DropBounding bounding:
                to.Kind = StepKind.Bounding;
                to.A = bounding.Keep;
                break;
            case SetUser user:
                to.Kind = StepKind.User;
                (to.A, to.B) = (user.Uid, user.Gid);
                to.Mode = user.AdditionalGids is null ? 1u : 0;
                (to.Data, to.DataSize) = user.AdditionalGids is { Count: > 0 } ? buffer.Numbers([.. user.AdditionalGids]) : default;
                break;
            case SetCapabilities capabilities:
                to.Kind = StepKind.Capabilities;
                (to.A, to.B, to.C) = (capabilities.Effective, capabilities.Permitted, capabilities.Inheritable);
                to.Flags = capabilities.Ambient;
                break;
            case EnterDirectory directory:
                to.Kind = StepKind.Directory;
                to.Path = buffer.Text(directory.Path);
                break;
            case FindProgram find:
                to.Kind = StepKind.FindProgram;
                to.Path = buffer.Text(find.Program);
                (to.Data, to.DataSize) = buffer.SizedText(find.SearchPath);
                break;
            case AwaitStart start:
                to.Kind = StepKind.AwaitStart;
                to.Fd = IndexOf(slots, start.Slot);
                break;
            case StayAsInit:
                to.Kind = StepKind.Init;
                break;
            case Execute execute:
                to.Kind = StepKind.Exec;
                (to.Data, to.DataSize) = buffer.List(execute.Args);
                (to.Source, uint size) = buffer.List(execute.Env);
                (to.A, to.B) = ((ulong)execute.PreservedDescriptors, size);
                break;
            case SetPersonality personality:
                to.Kind = StepKind.Personality;
                to.A = personality.Persona;
                break;
            case SetScheduler scheduler:
                to.Kind = StepKind.Scheduler;
                (to.Data, to.DataSize) = buffer.Bytes(scheduler.Attributes.Span);
                break;
            case SetIoPriority priority:
                to.Kind = StepKind.IoPriority;
                to.A = priority.Priority;
                break;
            case SetCpuAffinity affinity:
                to.Kind = StepKind.CpuAffinity;
                (to.Data, to.DataSize) = buffer.Bytes(MemoryMarshal.AsBytes<ulong>([.. affinity.Mask]));
                break;
            case SetMemoryPolicy policy:
                to.Kind = StepKind.MemoryPolicy;
                to.Mode = policy.Mode;
                (to.Data, to.DataSize) = policy.Nodes.Count == 0 ? default : buffer.Bytes(MemoryMarshal.AsBytes<ulong>([.. policy.Nodes]));
                break;
            case SetLabel label:
                to.Kind = StepKind.Label;
                to.Path = buffer.Text(label.Attribute);
                (to.Data, to.DataSize) = buffer.SizedText(label.Label);
                break;
            case SetStdioOwner owner:
                to.Kind = StepKind.StdioOwner;
                to.A = owner.Uid;
                break;
            case End:
                to.Kind = StepKind.End;
                break;
            default:
                return false;
        }

        return true;
    }
}
