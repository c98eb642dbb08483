using System.Runtime.InteropServices;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Writes a plan as native/include/plan.h lays it out.</summary>
public static partial class PlanEncoder
{
    /// <exception cref="CrunException">The plan is beyond the stage's limits, or a text of it holds a NUL.</exception>
    public static ReadOnlySpan<byte> Encode(LaunchPlan plan)
    {
        int descriptors = plan.Slots.Count + (int)PlanLayout.FirstFreeDescriptor;
        if (plan.Steps.Count > PlanLayout.MaxSteps || descriptors > PlanLayout.MaxDescriptors)
        {
            throw new CrunException("cannot encode the plan", $"it has {plan.Steps.Count} steps and {descriptors} descriptors, more than the stage takes");
        }

        PlanBuffer buffer = new(Marshal.SizeOf<PlanHeader>(), plan.Steps.Count);
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            Step step = plan.Steps[i];
            PlanStep encoded = new() { Fd = PlanLayout.NoDescriptor, Origin = step.Origin.Length == 0 ? 0 : buffer.Text(step.Origin) };
            Fill(ref encoded, step, plan.Slots, buffer);
            buffer.Put(i, encoded);
        }

        return buffer.Finish(new PlanHeader
        {
            Magic = PlanLayout.Magic,
            StepCount = (uint)plan.Steps.Count,
            FdCount = (uint)descriptors,
            Flags = plan.Trace ? PlanLayout.Trace : 0,
        });
    }

    private static void Fill(ref PlanStep to, Step step, IReadOnlyList<FdSlot> slots, PlanBuffer buffer)
    {
        switch (step)
        {
            case Await wait:
                to.Kind = StepKind.Await;
                to.Fd = IndexOf(slots, wait.Slot);
                to.Mode = wait.Announce ? 1u : 0;
                break;
            case WriteDescriptor write:
                to.Kind = StepKind.Write;
                to.Fd = IndexOf(slots, write.Slot);
                (to.Data, to.DataSize) = buffer.SizedText(write.Data);
                break;
            case JoinNamespace join:
                to.Kind = StepKind.JoinNamespace;
                to.Fd = IndexOf(slots, join.Slot);
                to.Flags = (ulong)join.Kinds;
                break;
            case Unshare unshare:
                to.Kind = StepKind.Unshare;
                to.Flags = (ulong)unshare.Kinds;
                break;
            case Become become:
                to.Kind = StepKind.Become;
                (to.A, to.B) = (become.Uid, become.Gid);
                break;
            case Fork:
                to.Kind = StepKind.Fork;
                break;
            case NewSession:
                to.Kind = StepKind.NewSession;
                break;
            case RedirectStdio stdio:
                to.Kind = StepKind.Stdio;
                to.Fd = IndexOf(slots, stdio.Slot);
                to.A = (ulong)stdio.Target;
                break;
            case SetHostname host:
                to.Kind = StepKind.Hostname;
                (to.Data, to.DataSize) = buffer.SizedText(host.Name);
                break;
            case SetDomainname domain:
                to.Kind = StepKind.Domainname;
                (to.Data, to.DataSize) = buffer.SizedText(domain.Name);
                break;
            case LoopbackUp:
                to.Kind = StepKind.LoopbackUp;
                break;
            case SetTimeOffsets offsets:
                to.Kind = StepKind.TimeOffsets;
                (to.Data, to.DataSize) = buffer.SizedText(offsets.Offsets);
                break;
            case RunHook hook:
                to.Kind = StepKind.Hook;
                to.Path = buffer.Text(hook.Path);
                (to.Data, to.DataSize) = buffer.List(hook.Args);
                (to.Source, uint size) = buffer.List(hook.Env);
                (to.A, to.B) = ((ulong)hook.Timeout, size);
                to.Fd = IndexOf(slots, hook.State);
                break;
            default:
                if (!FillRoot(ref to, step, slots, buffer) && !FillProcess(ref to, step, slots, buffer))
                {
                    throw new CrunException("cannot encode the plan", $"{step.GetType().Name} is of no kind that the stage knows");
                }

                break;
        }
    }

    private static bool FillRoot(ref PlanStep to, Step step, IReadOnlyList<FdSlot> slots, PlanBuffer buffer)
    {
        switch (step)
        {
            case MountFilesystem mount:
                to.Kind = StepKind.Mount;
                to.Path = buffer.Text(mount.Path);
                to.Source = buffer.Text(mount.Type);
                (to.Data, to.DataSize) = mount.Options.Length == 0 ? default : buffer.SizedText(mount.Options);
                (to.Flags, to.C, to.A) = ((ulong)mount.Attributes, (ulong)mount.Propagation, (ulong)mount.Mode);
                to.B = mount.Source is null ? 0 : buffer.Text(mount.Source);
                break;
            case BindMount bind:
                to.Kind = StepKind.Bind;
                to.Path = buffer.Text(bind.Path);
                to.Source = buffer.Text(bind.Source);
                to.Fd = bind.Tree is null ? PlanLayout.NoDescriptor : IndexOf(slots, bind.Tree);
                (to.Flags, to.B, to.C, to.A) = ((ulong)bind.Set, (ulong)bind.Clear, (ulong)bind.Propagation, (ulong)bind.Mode);
                to.Mode = bind.IdMap is null ? 0 : IndexOf(slots, bind.IdMap);
                break;
            case MaskPath mask:
                to.Kind = StepKind.Mask;
                to.Path = buffer.Text(mask.Path);
                break;
            case MakePathReadOnly readOnly:
                to.Kind = StepKind.ReadOnlyPath;
                to.Path = buffer.Text(readOnly.Path);
                break;
            case MakeDevice device:
                to.Kind = StepKind.Device;
                to.Path = buffer.Text(device.Path);
                to.Source = to.Path;
                to.Mode = device.Mode;
                (to.A, to.B, to.C) = (device.Major, device.Minor, device.BindHost ? 1u : 0);
                to.Flags = ((ulong)device.Uid << 32) | device.Gid;
                break;
            case MakeSymlink link:
                to.Kind = StepKind.Symlink;
                to.Path = buffer.Text(link.Path);
                to.Source = buffer.Text(link.Target);
                to.Mode = link.Replace ? 1u : 0;
                break;
            case MakeDirectory directory:
                to.Kind = StepKind.MakeDirectory;
                to.Path = buffer.Text(directory.Path);
                to.Mode = directory.Mode;
                break;
            case WriteFile file:
                to.Kind = StepKind.WriteFile;
                to.Path = buffer.Text(file.Path);
                to.Mode = file.Mode;
                (to.Data, to.DataSize) = buffer.Bytes(file.Data.Span);
                break;
            case SetPropagation propagation:
                to.Kind = StepKind.Propagation;
                to.Flags = (ulong)propagation.Propagation;
                break;
            case BindRoot root:
                to.Kind = StepKind.BindRoot;
                to.Source = buffer.Text(root.Path);
                (to.A, to.B) = (root.Device, root.Inode);
                break;
            case OverlayRoot overlay:
                to.Kind = StepKind.OverlayRoot;
                to.Path = buffer.Text(overlay.MountPoint);
                to.Source = overlay.Scratch is null ? 0 : buffer.Text(overlay.Scratch);
                (to.Data, to.DataSize) = buffer.List(overlay.Lowers);
                to.Mode = (overlay.UserXattr ? PlanLayout.OverlayUserXattr : 0) | (overlay.Volatile ? PlanLayout.OverlayVolatile : 0);
                break;
            case FuseRoot fuse:
                to.Kind = StepKind.FuseRoot;
                to.Path = buffer.Text(fuse.MountPoint);
                to.Fd = fuse.Device is null ? PlanLayout.NoDescriptor : IndexOf(slots, fuse.Device);
                break;
            case MakeConsole console:
                to.Kind = StepKind.Console;
                to.Fd = IndexOf(slots, console.Slot);
                (to.A, to.B, to.C) = (console.Columns, console.Rows, console.Owner);
                to.Path = console.Path is null ? 0 : buffer.Text(console.Path);
                break;
            case EnterRoot enter:
                to.Kind = StepKind.EnterRoot;
                to.Mode = (uint)enter.Mode;
                break;
            case SetRootPropagation propagation:
                to.Kind = StepKind.RootPropagation;
                to.Flags = (ulong)propagation.Propagation;
                break;
            case MakeRootReadOnly:
                to.Kind = StepKind.ReadOnlyRoot;
                break;
            case WriteSysctl sysctl:
                to.Kind = StepKind.Sysctl;
                to.Path = buffer.Text(sysctl.Path);
                (to.Data, to.DataSize) = buffer.SizedText(sysctl.Value);
                break;
            case SendRoot:
                to.Kind = StepKind.SendRoot;
                break;
            default:
                return false;
        }

        return true;
    }

    private static uint IndexOf(IReadOnlyList<FdSlot> slots, FdSlot wanted)
    {
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i] == wanted)
            {
                return (uint)i + PlanLayout.FirstFreeDescriptor;
            }
        }

        throw new CrunException("cannot encode the plan", $"nobody asked for the descriptor {wanted}");
    }
}
