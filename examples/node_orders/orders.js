// Books orders: correct. One transaction holds the order and the customer's total, and the order
// can be written once only. So a message may come as often as it likes.
"use strict";
const { DynamoDBClient, TransactWriteItemsCommand } = require("@aws-sdk/client-dynamodb");

const dynamodb = new DynamoDBClient({});

exports.handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      await book(JSON.parse(record.body));
    } catch (error) {
      console.log(`order not booked: ${error.name}`);
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
};

async function book({ order_id, customer, amount }) {
  const total = { N: String(Math.trunc(amount)) };
  try {
    await dynamodb.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName: process.env.ORDERS_TABLE,
              Item: { order_id: { S: order_id }, customer: { S: customer }, amount: total },
              ConditionExpression: "attribute_not_exists(order_id)",
            },
          },
          {
            Update: {
              TableName: process.env.CUSTOMERS_TABLE,
              Key: { customer: { S: customer } },
              UpdateExpression: "ADD #total :amount",
              ExpressionAttributeNames: { "#total": "total" },
              ExpressionAttributeValues: { ":amount": total },
            },
          },
        ],
      })
    );
  } catch (error) {
    const [first] = error.CancellationReasons ?? [];
    if (first?.Code !== "ConditionalCheckFailed") throw error;
  }
}
