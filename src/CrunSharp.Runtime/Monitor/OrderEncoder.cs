using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Writes an order as native/include/order.h lays it out.</summary>
internal sealed class OrderEncoder
{
    private readonly List<byte> _tail = [];
    private readonly int _tailStart;
    private readonly List<SafeFileHandle> _descriptors = [];

    private OrderEncoder(int tailStart) => _tailStart = tailStart;

    /// <summary>The order's bytes, and the descriptors that follow it, in the order of their numbers.</summary>
    public static (byte[] Bytes, IReadOnlyList<SafeFileHandle> Descriptors) Encode(MonitorOrder order)
    {
        OrderEncoder encoder = new(OrderLayout.HeaderSize + (order.Actions.Count * OrderLayout.ActionSize));
        byte[] head = new byte[encoder._tailStart];
        OrderHeader header = new()
        {
            Magic = OrderLayout.Magic,
            Flags = (uint)Flags(order),
            Pid = order.Pid,
            PidFd = encoder.Index(order.PidFd),
            Terminal = encoder.Index(order.Terminal),
            Input = encoder.Index(order.Input),
            Output = encoder.Index(order.Output),
            Error = encoder.Index(order.Error),
            Ready = encoder.Index(order.Ready),
            Record = encoder.Text(order.Record),
            Log = encoder.Text(order.Log),
            Attach = encoder.Index(order.Attach),
            ActionCount = (uint)order.Actions.Count,
            Actions = order.Actions.Count == 0 ? 0 : (uint)OrderLayout.HeaderSize,
        };
        for (int i = 0; i < order.Actions.Count; i++)
        {
            OrderAction action = encoder.Action(order.Actions[i]);
            MemoryMarshal.Write(head.AsSpan(OrderLayout.HeaderSize + (i * OrderLayout.ActionSize)), in action);
        }

        header.FdCount = (uint)encoder._descriptors.Count + 1;
        header.Size = (uint)(head.Length + encoder._tail.Count);
        MemoryMarshal.Write(head, in header);
        return ([.. head, .. encoder._tail], encoder._descriptors);
    }

    private static OrderFlags Flags(MonitorOrder order) =>
        (order.HandOnInput ? OrderFlags.Stdin : 0)
        | (order.Raw ? OrderFlags.Raw : 0)
        | (order.ForwardSignals ? OrderFlags.ForwardSignals : 0)
        | (order.Silent ? OrderFlags.Silent : 0)
        | (order.NotFirst ? OrderFlags.LeaveProcess : 0)
        | (order.InputOnce ? OrderFlags.StdinOnce : 0)
        | (order.DetachKeys ? OrderFlags.DetachKeys : 0);

    private OrderAction Action(MonitorAction action) => action switch
    {
        MonitorAction.Kill kill => new OrderAction { Kind = OrderKind.Kill, Fd = Index(kill.PidFd) },
        MonitorAction.RemoveTree tree => new OrderAction { Kind = OrderKind.RemoveTree, Path = Text(tree.Path), Fd = OrderLayout.NoFd },
        MonitorAction.RemoveCgroup cgroup => new OrderAction
        {
            Kind = OrderKind.RemoveCgroup,
            Path = Text(cgroup.Path),
            Fd = OrderLayout.NoFd,
            Flags = cgroup.KillFirst ? 1u : 0,
        },
        MonitorAction.Unlink file => new OrderAction { Kind = OrderKind.Unlink, Path = Text(file.Path), Fd = OrderLayout.NoFd },
        MonitorAction.Unmount mount => new OrderAction { Kind = OrderKind.Unmount, Path = Text(mount.Path), Fd = OrderLayout.NoFd },
        MonitorAction.Run run => RunAction(run),
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private OrderAction RunAction(MonitorAction.Run run)
    {
        uint data = Place();
        foreach (string word in run.Args)
        {
            Append(word);
        }

        uint end = Place();
        return new OrderAction
        {
            Kind = OrderKind.Run,
            Path = Text(run.Program),
            Data = data,
            DataSize = end - data,
            Fd = OrderLayout.NoFd,
            A = (ulong)(run.Timeout?.TotalSeconds ?? 0),
        };
    }

    private uint Index(SafeFileHandle? descriptor)
    {
        if (descriptor is null)
        {
            return OrderLayout.NoFd;
        }

        _descriptors.Add(descriptor);
        return (uint)_descriptors.Count;
    }

    private uint Text(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        uint place = Place();
        Append(text);
        return place;
    }

    private uint Place() => (uint)(_tailStart + _tail.Count);

    private void Append(string text)
    {
        _tail.AddRange(Encoding.UTF8.GetBytes(text));
        _tail.Add(0);
    }
}
