using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class OrderTests
{
    [Fact]
    public void OrderLayout_SizesOffsetsAndNumbers_AreThoseOfTheCompiler()
    {
        string? header = PlanLayoutTests.FindHeader("order.h");
        Assert.SkipWhen(header is null, "native/include/order.h is not beside this test: run it in a clone");
        Dictionary<string, long> expected = new()
        {
            ["sizeof(struct order_header)"] = Unsafe.SizeOf<OrderHeader>(),
            ["sizeof(struct order_action)"] = Unsafe.SizeOf<OrderAction>(),
            ["ORDER_MAGIC"] = OrderLayout.Magic,
            ["ORDER_NO_FD"] = OrderLayout.NoFd,
            ["ORDER_STDIN"] = (long)OrderFlags.Stdin,
            ["ORDER_RAW"] = (long)OrderFlags.Raw,
            ["ORDER_FORWARD_SIGNALS"] = (long)OrderFlags.ForwardSignals,
            ["ORDER_SILENT"] = (long)OrderFlags.Silent,
            ["ORDER_LEAVE_PROCESS"] = (long)OrderFlags.LeaveProcess,
            ["ORDER_STDIN_ONCE"] = (long)OrderFlags.StdinOnce,
            ["ORDER_DETACH_KEYS"] = (long)OrderFlags.DetachKeys,
            ["ACTION_KILL"] = (long)OrderKind.Kill,
            ["ACTION_REMOVE_TREE"] = (long)OrderKind.RemoveTree,
            ["ACTION_REMOVE_CGROUP"] = (long)OrderKind.RemoveCgroup,
            ["ACTION_UNLINK"] = (long)OrderKind.Unlink,
            ["ACTION_UNMOUNT"] = (long)OrderKind.Unmount,
            ["ACTION_RUN"] = (long)OrderKind.Run,
        };
        foreach ((string field, string name) in PlanLayoutTests.Fields<OrderHeader>())
        {
            expected.Add($"offsetof(struct order_header, {Spelled(name)})", Marshal.OffsetOf<OrderHeader>(field));
        }

        foreach ((string field, string name) in PlanLayoutTests.Fields<OrderAction>())
        {
            expected.Add($"offsetof(struct order_action, {Spelled(name)})", Marshal.OffsetOf<OrderAction>(field));
        }

        StringBuilder program = new();
        program.Append(CultureInfo.InvariantCulture, $"#include <stdio.h>\n#include <stddef.h>\n#include \"{header}\"\nint main(void) {{\n");
        foreach (string expression in expected.Keys)
        {
            program.Append(CultureInfo.InvariantCulture, $"printf(\"%s %lld\\n\", \"{expression}\", (long long)({expression}));\n");
        }

        Assert.Equal(expected, PlanLayoutTests.CompileAndRun(program.Append("return 0; }\n").ToString()));
    }

    [Fact]
    public void Encode_OfAnOrder_CountsItselfAndEndsEveryText()
    {
        (byte[] bytes, IReadOnlyList<Microsoft.Win32.SafeHandles.SafeFileHandle> descriptors) = OrderEncoder.Encode(new MonitorOrder
        {
            Pid = 42,
            Record = "/run/x/exit",
            Actions =
            [
                new MonitorAction.RemoveCgroup("/sys/fs/cgroup/x", KillFirst: true),
                new MonitorAction.Run("/bin/true", ["true", "now"], TimeSpan.FromSeconds(3)),
            ],
        });
        OrderHeader header = MemoryMarshal.Read<OrderHeader>(bytes);
        Assert.Empty(descriptors);
        Assert.Equal(1u, header.FdCount);
        Assert.Equal((uint)bytes.Length, header.Size);
        Assert.Equal("/run/x/exit", Text(bytes, header.Record));
        OrderAction first = MemoryMarshal.Read<OrderAction>(bytes.AsSpan((int)header.Actions));
        OrderAction second = MemoryMarshal.Read<OrderAction>(bytes.AsSpan((int)header.Actions + Unsafe.SizeOf<OrderAction>()));
        Assert.Equal(("/sys/fs/cgroup/x", 1u), (Text(bytes, first.Path), first.Flags));
        Assert.Equal("true\0now\0", Encoding.UTF8.GetString(bytes.AsSpan((int)second.Data, (int)second.DataSize)));
        Assert.Equal(3ul, second.A);
    }

    // pidfd is one word in C.
    private static string Spelled(string name) => name == "pid_fd" ? "pidfd" : name;

    private static string Text(byte[] bytes, uint offset)
    {
        ReadOnlySpan<byte> rest = bytes.AsSpan((int)offset);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
